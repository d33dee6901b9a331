"""An outside consumer of the feed: it keeps a copy of the profiles up to date in a file. It imports nothing of Inlet's.

python feed_consumer.py CHANGES_URL PROFILES_URL COPY    (the environment's TOKEN lets it read)
"""

import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

PAUSE_S = 0.05


def main(changes_url: str, profiles_url: str, copy: str) -> None:
    store = sqlite3.connect(copy)
    store.execute("CREATE TABLE IF NOT EXISTS profiles (user TEXT PRIMARY KEY, attributes TEXT)")
    store.execute("CREATE TABLE IF NOT EXISTS cursors (number INTEGER PRIMARY KEY, cursor TEXT, fresh INTEGER)")
    print("begun", flush=True)  # noqa: T201 - what the test waits for
    cursor = known(store) or begin(store, changes_url, profiles_url)
    while True:
        page = get(changes_url, cursor=cursor)
        if page is None:  # 410: what came after the cursor is not kept any more
            cursor = begin(store, changes_url, profiles_url)
            continue
        for user in {user for change in page["items"] for user in change["user_ids"]}:
            profile = get(profiles_url, user_id=user)
            if profile is None:
                store.execute("DELETE FROM profiles WHERE user = ?", (user,))
            else:
                take_over(store, profile)
            store.commit()  # before the cursor: whoever is killed here does it again
        cursor = remember(store, page["next"], fresh=False)
        if not page["items"]:
            time.sleep(PAUSE_S)


def begin(store: sqlite3.Connection, changes_url: str, profiles_url: str) -> str:
    """First the cursor, then all profiles: what changes meanwhile comes after the cursor."""
    cursor = get(changes_url)["next"]
    store.execute("DELETE FROM profiles")
    after: str | None = ""
    while after is not None:
        page = get(profiles_url, cursor=after)
        for profile in page["items"]:
            take_over(store, profile)
        after = page["next"]
    return remember(store, cursor, fresh=True)


def take_over(store: sqlite3.Connection, profile: Any) -> None:
    attributes = json.dumps(profile["attributes"], sort_keys=True)
    store.execute("INSERT OR REPLACE INTO profiles VALUES (?, ?)", (profile["user_id"], attributes))


def known(store: sqlite3.Connection) -> str | None:
    row = store.execute("SELECT cursor FROM cursors ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else str(row[0])


def remember(store: sqlite3.Connection, cursor: str, *, fresh: bool) -> str:
    store.execute("INSERT INTO cursors (cursor, fresh) VALUES (?, ?)", (cursor, fresh))
    store.commit()
    return cursor


def get(url: str, **query: str) -> Any:
    """What is there; None where nothing is (404), or nothing any more (410)."""
    request = urllib.request.Request(
        f"{url}?{urlencode(query)}", headers={"Authorization": f"Bearer {os.environ['TOKEN']}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code in {404, 410}:
            return None
        raise


if __name__ == "__main__":
    main(*sys.argv[1:])
