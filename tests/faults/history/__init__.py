"""Who asked for what, when, and what was answered; and whether one order of it all explains every answer."""
