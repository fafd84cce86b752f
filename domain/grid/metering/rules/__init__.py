"""Pure rules of metering: consumption, loss arithmetic, VEE, suspicion, encodings."""
