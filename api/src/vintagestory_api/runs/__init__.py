"""The ledger of job runs: what ran, when, how it ended."""
