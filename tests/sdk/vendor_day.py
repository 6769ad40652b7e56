#!/usr/bin/env python3
"""A vendor's day: the SDK is installed, the template built outside this tree with it, checked, and used by the station.

    vendor_day.py SOURCE BUILD COMPILER

Nothing of the source tree is on the compiler's path: only what `cmake --install --component sdk` put down.
"""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

ROWS = 4


def run(command, expect=0, **more):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, **more)
    if result.returncode != expect:
        print("$ " + " ".join(str(word) for word in command))
        print(result.stdout[-4000:] + result.stderr[-4000:])
        raise SystemExit(f"ended with {result.returncode}, expected {expect}")
    return result


def refused(station, folder, what, words):
    """The station does not use the plugin, exit 78, and says what to do."""
    result = run([station, "devices", "--config", folder / "station.yaml", "--data", folder / "data"], expect=78)
    if not all(word in result.stderr for word in words):
        raise SystemExit(f"{what}: expected {words} in: {result.stderr}")
    print(f"refused as it should be: {what}")


class Folder(str):
    def __truediv__(self, name):
        return Folder(os.path.join(self, name))


def main(source, build, compiler):
    source, build = Folder(source), Folder(build)
    station = build / "bin/ktp-station"
    with tempfile.TemporaryDirectory() as temp:
        folder = Folder(os.path.realpath(temp))
        prefix, own = folder / "sdk", folder / "vendor"
        run(["cmake", "--install", build, "--component", "sdk", "--prefix", prefix])
        shutil.copytree(prefix / "share/ktp-station-sdk/template", own)
        run(["cmake", "-G", "Ninja", "-S", own, "-B", own / "build", f"-DCMAKE_PREFIX_PATH={prefix}",
             f"-DCMAKE_CXX_COMPILER={compiler}",
             "-DCMAKE_CXX_FLAGS=-O1 -Werror"])
        run(["cmake", "--build", own / "build"])
        run(["ctest", "--test-dir", own / "build", "--output-on-failure"])
        print("built, tested and checked outside the tree")

        # The vendor's folder at an office: library, manifest, model; the report of ctest stays behind.
        plugins = folder / "plugins"
        os.mkdir(plugins)
        for name in ("textprint.so", "textprint.manifest.yaml", "textprint_model.py"):
            shutil.copy(own / "build" / name, plugins)
        library = plugins / "textprint.so"
        photos = folder / "photos"
        os.mkdir(photos)
        with open(folder / "station.yaml", "w", encoding="utf-8") as file:
            file.write(f"""version: 1
template: {source}/config/templates/ektp.yaml
profile: {source}/config/inspection/ektp.yaml
regions: {source}/config/regions
stock: booked
test-mode: true
devices:
  printer:
    plugin: {library}
    serial: TP0001
    settings: {{socket: {folder}/printer}}
  camera:
    plugin: folder-camera
    settings: {{folder: {photos}}}
""")
        refused(station, folder, "a plugin that was never checked", ["not enabled", "plugin check " + library])
        run([station, "plugin", "check", "--only-failed", library])
        report = json.load(open(plugins / "textprint.check.json", encoding="utf-8"))
        bad = [r for r in report["results"] if r["status"] in ("fail", "crash", "warn")]
        skipped = [r["test"] for r in report["results"] if r["status"] == "skip"]
        if bad or skipped or not report["clean"]:
            raise SystemExit(f"the check was to pass whole: {bad} {skipped}")
        print(f"checked: {report['counts']['pass']} tests passed, none was skipped")

        os.chmod(library, 0o775)
        refused(station, folder, "a library others may write to", ["others may write", "chmod go-w"])
        os.chmod(library, 0o755)
        with open(library, "ab") as file:
            file.write(b"\0")
        refused(station, folder, "another build than was checked", ["of another build", "plugin check"])
        os.truncate(library, os.path.getsize(library) - 1)

        doc = json.loads(run([station, "plugin", "doc", "--json", library]).stdout)
        if not doc["enabled"] or [s["key"] for s in doc["drivers"][0]["settings"]] != ["socket", "answer-ms", "print-ms"]:
            raise SystemExit(f"plugin doc: {doc}")

        # A small batch, printed by the vendor's driver on the model of his printer.
        batch = folder / "batch"
        os.mkdir(batch)
        with open(source / "samples/batch-60/B0060.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[:ROWS + 1]
        for row in rows[1:]:
            for picture in row[21:23]:
                os.makedirs(os.path.dirname(batch / picture), exist_ok=True)
                shutil.copy(source / "samples/batch-60" / picture, batch / picture)
        with open(batch / "B.csv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        common = ["--config", folder / "station.yaml", "--data", folder / "data"]
        model = subprocess.Popen([plugins / "textprint_model.py", "--socket", folder / "printer", "--blanks", "20",
                                  "--photos", photos], stdout=subprocess.PIPE, text=True)
        try:
            if model.stdout.readline() != "ready\n":
                raise SystemExit("the model did not start")
            run([station, "blanks", "receive", "20", "--data", folder / "data"])
            produced = run([station, "produce", batch / "B.csv", "--json"] + common)
        finally:
            model.terminate()
            model.wait(10)
        result = json.loads(produced.stdout)
        if "TEST MODE" not in produced.stderr or result["printed"] != ROWS or result["good"] != ROWS:
            raise SystemExit(f"produce: {result} {produced.stderr}")
        if result["balance"]["good"] != ROWS or result["balance"]["unknown"] != 0 or result["balance"]["discrepancy"] != 0:
            raise SystemExit(f"balance: {result['balance']}")
        print(f"printed {ROWS} good cards through the station; the balance closes")
    return 0


if __name__ == "__main__":
    began = time.time()
    code = main(*sys.argv[1:])
    print(f"{time.time() - began:.0f} s")
    sys.exit(code)
