"""
Runs every check of one venue's market and prints one JSON line a check.

Read from standard input: {"venue", "case", "market", "address", "control", "clock"}.
"""

import asyncio
import json
import sys
import traceback

from checks import CHECKS
from scene import Scene
from simulated import Truth, rest_client, stream_client
from streams import STREAMS

STREAM_TIMEOUT_S = 20


def main():
    given = json.load(sys.stdin)
    venue, case, market, address = given["venue"], given["case"], given["market"], given["address"]
    client = rest_client(venue, address)
    client.load_markets()
    scene = Scene(venue, case, market, client, Truth(given["control"], given["clock"], venue), address)
    for check in CHECKS:
        report(scene, check, lambda run=check["run"]: run(scene))
    asyncio.run(streams(scene))


async def streams(scene):
    scene.stream = stream_client(scene.venue, scene.address)
    try:
        await scene.stream.load_markets()
        for check in STREAMS:
            result = None
            try:
                if applies(scene, check) is None:
                    await asyncio.wait_for(check["run"](scene), STREAM_TIMEOUT_S)
            except Exception as error:  # every failure is a line of the report
                result = error
            report(scene, check, lambda failure=result: fail_with(failure))
    finally:
        await scene.stream.close()


def fail_with(failure):
    if failure is not None:
        raise failure


def applies(scene, check):
    """None when it does; otherwise why not: '' for a perpetual's check on spot."""
    if check["perpetual"] and not scene.is_perpetual:
        return ""
    lacks = {**scene.case["lacks"], **scene.market.get("lacks", {})}
    for need in (*check["needs"], check["feature"]):
        if need is None:
            continue
        if need in lacks:
            return lacks[need]
        if need != check["feature"] and not scene.client.has.get(need) and not is_streamed(scene, need):
            raise AssertionError(f"ccxt has no {need} for {scene.venue}, and no reason is stated")
    return None


def is_streamed(scene, need):
    return scene.stream is not None and bool(scene.stream.has.get(need))


def report(scene, check, run):
    line = {"check": check["name"], "status": "pass"}
    try:
        lacking = applies(scene, check)
        if lacking == "":
            return
        if lacking is None:
            run()
        else:
            line.update(status="lacks", reason=lacking)
    except Exception as error:  # every failure is a line of the report
        line.update(status="fail", reason=f"{type(error).__name__}: {error}", trace=traceback.format_exc())
    if scene.notes:
        line["reason"] = "; ".join(scene.notes)
        scene.notes.clear()
    print(json.dumps(line), flush=True)


main()
