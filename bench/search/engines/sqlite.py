"""Indexes and searches with SQLite's FTS5, and measures in this process, so that nothing of its callers is in the figures.

usage: sqlite.py ITEMS QUERIES COUNT WARMUP
ITEMS: a JSON array [id, title, text] in each line. QUERIES: an FTS5 expression in each line; an empty line finds nothing.
Prints {"buildMs", "buildCpuMs", "rss"} and, for each query, {"ms", "ids"}.
"""

import itertools
import json
import os
import sqlite3
import sys
import time


def rss():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def read(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


items, queries, count, warmup = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
start, cpu = time.perf_counter(), time.process_time()
for _ in read(items):
    pass
reading, reading_cpu = time.perf_counter() - start, time.process_time() - cpu

before = rss()
start, cpu = time.perf_counter(), time.process_time()
db = sqlite3.connect(":memory:")
db.execute("CREATE VIRTUAL TABLE t USING fts5(id UNINDEXED, title, text, tokenize = 'porter unicode61')")
db.execute("INSERT INTO t (t, rank) VALUES ('rank', 'bm25(0, 2, 1)')")
with db:
    rows = read(items)
    while batch := list(itertools.islice(rows, 500)):
        db.executemany("INSERT INTO t VALUES (?, ?, ?)", batch)
    db.execute("INSERT INTO t (t) VALUES ('optimize')")
building, building_cpu = time.perf_counter() - start - reading, time.process_time() - cpu - reading_cpu
print(json.dumps({"buildMs": building * 1000, "buildCpuMs": building_cpu * 1000, "rss": rss() - before}))

with open(queries, encoding="utf-8") as file:
    lines = file.read().split("\n")[:-1]
sql = "SELECT id FROM t WHERE t MATCH ? ORDER BY rank LIMIT ?"
for at, line in enumerate(lines[:warmup] + lines):
    start = time.perf_counter()
    ids = [id for (id,) in db.execute(sql, (line, count))] if line else []
    ms = (time.perf_counter() - start) * 1000
    if at >= min(warmup, len(lines)):
        print(json.dumps({"ms": ms, "ids": ids}))
