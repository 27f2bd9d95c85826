"""What a worker does with an attempt to certify: freeze it, settle it when its audits are answered, issue.

    queued ──freeze──> auditing ──settle──> reviewing ──> certified      (settling may ask for the next stage)
       └──> refused        └───────────────────┴──> abandoned

Each step is one transaction under the attempt's lock, so it does no harm to hear a bell twice or to die
halfway: the next sweep finds what is left to do. No part of the walk is computed before every audit has been
answered or skipped.
"""
