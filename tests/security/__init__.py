"""Who comes in who should not: nobody."""
