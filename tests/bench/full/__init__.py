"""`make bench-full`: what rate, cost and delay depend on, one dimension after another, without a limit of time.

A dimension is some cases that differ in one thing (`cases`). Its cases are measured in turns (`turns`), or it has a
measurement of its own (`steady`). The figures are kept as JSON (`results`), and the page is made from them (`page`,
`model`, `chart`).
"""
