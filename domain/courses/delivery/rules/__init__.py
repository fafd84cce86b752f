"""Pure rules of delivery: what a learner may see, how answers are graded, what an upgrade keeps."""
