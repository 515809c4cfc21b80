"""Speed, measured by ``make bench`` and never by a timed test: our figures beside the raw limits of the same run."""
