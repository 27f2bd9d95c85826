"""What a worker does with an attempt to certify: freeze it, settle it when its audits are answered, issue.

    queued ──freeze──> auditing ──settle──> reviewing ──> certified      (settling may ask for the next stage)
       └──> refused        └───────────────────┴──> abandoned

Each step is one transaction on rows that the attempt's lock guards, so hearing a bell twice, or dying half
way, does no harm: the next sweep finds what is left to do. Nothing of the walk is worked out before every
audit is answered or skipped.
"""
