"""A small building in every table of FireMode, one valid row each: what the tests of its schema then break."""
