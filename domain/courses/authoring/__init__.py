"""How a course comes to be: syllabus, lessons, quizzes and projects, each approved by its hash; then a package."""
