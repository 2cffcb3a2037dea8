"""Runs the data of anchor.py through Neo4j and its Graph Data Science library and
prints lines of JSON: import, start, projection, components and Leiden written
back, then the algorithms alone on the warm server.

    gds.py --data DIR --home DIR --jars DIR --concurrency 1 [--alone 3]

The server listens on loopback, lives in --home, which is emptied first, and is
ended by its process number. CPU is that of the import and of the server.
"""

import argparse
import json
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import time

import neo4j

OPENS = [f"--add-opens=java.base/{p}=ALL-UNNAMED" for p in ("java.nio", "java.io", "sun.nio.ch")]
NODES = {"Account": "account", "Device": "device", "Phone": "phone"}
LINKS = {"USED_DEVICE": "used_device", "USED_PHONE": "used_phone"}
PROJECT = """CALL gds.graph.project('g', ['Account', 'Device', 'Phone'],
  {USED_DEVICE: {orientation: 'UNDIRECTED'}, USED_PHONE: {orientation: 'UNDIRECTED'}}, {readConcurrency: $c})
  YIELD nodeCount, relationshipCount RETURN nodeCount, relationshipCount"""
WCC = """CALL gds.wcc.write('g', {writeProperty: 'wcc', concurrency: $c})
  YIELD componentCount, computeMillis, writeMillis RETURN componentCount, computeMillis, writeMillis"""
LEIDEN = """CALL gds.leiden.write('g', {writeProperty: 'leiden', concurrency: $c, randomSeed: 1})
  YIELD communityCount, modularity, computeMillis, writeMillis RETURN communityCount, modularity, computeMillis, writeMillis"""
ALONE = {
    "components": "CALL gds.wcc.stats('g', {concurrency: $c}) YIELD componentCount RETURN componentCount",
    "leiden": "CALL gds.leiden.stats('g', {concurrency: $c, randomSeed: 1}) YIELD communityCount, modularity RETURN communityCount, modularity",
    "pagerank": "CALL gds.pageRank.stats('g', {concurrency: $c, maxIterations: 20, tolerance: 0}) YIELD ranIterations RETURN ranIterations",
}


class Server:
    def __init__(self, home, jars):
        self.home, self.jars = home.resolve(), jars.resolve()
        shutil.rmtree(self.home, ignore_errors=True)
        for name in ("conf", "data", "logs", "plugins", "import", "run"):
            (self.home / name).mkdir(parents=True)
        for jar in self.jars.glob("org.neo4j.gds.*.jar"):  # on the class path and here: the library wants both
            (self.home / "plugins" / jar.name).symlink_to(jar)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        (self.home / "conf" / "neo4j.conf").write_text(
            f"""server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{self.port}
server.bolt.advertised_address=127.0.0.1:{self.port}
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=1g
dbms.security.auth_enabled=false
dbms.security.procedures.unrestricted=gds.*
dbms.usage_report.enabled=false
client.allow_telemetry=false
db.tx_log.preallocate=false
db.tx_log.rotation.size=32M
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
internal.dbms.bolt.netty_server_shutdown_timeout=1s
""")
        self.env = {**os.environ, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}
        self.process = None

    def load(self, data):
        args = ["java", "-Xmx2g", "-XX:+UseParallelGC", "-Dfile.encoding=UTF-8", *OPENS, "-cp", f"{self.jars}/*",
                "org.neo4j.cli.AdminTool", "database", "import", "full", "neo4j", "--overwrite-destination",
                "--id-type=string", f"--report-file={self.home}/logs/import.report"]
        for kind, names in (("nodes", NODES), ("relationships", LINKS)):
            for label, name in names.items():
                args.append(f"--{kind}={label}={data}/{name}-header.csv,{data}/{name}-rows.csv")
        with open(self.home / "logs" / "import.log", "w") as log:
            subprocess.run(args, env=self.env, stdout=log, stderr=log, check=True)
        return resource.getrusage(resource.RUSAGE_CHILDREN)

    def start(self):
        with open(self.home / "logs" / "console.log", "w") as log:
            self.process = subprocess.Popen(
                ["java", "-Xms4g", "-Xmx4g", "-XX:+UseG1GC", "-Dfile.encoding=UTF-8", *OPENS,
                 "-cp", f"{self.home}/conf:{self.jars}/*", "org.neo4j.server.CommunityEntryPoint",
                 f"--home-dir={self.home}", f"--config-dir={self.home}/conf", "--console-mode"],
                env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        driver = neo4j.GraphDatabase.driver(f"bolt://127.0.0.1:{self.port}", telemetry_disabled=True)
        end = time.time() + 180
        while True:
            try:
                driver.verify_connectivity()
                return driver
            except Exception:
                if self.process.poll() is not None or time.time() > end:
                    sys.exit(f"gds: no server; see {self.home}/logs/console.log")
                time.sleep(0.1)

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()


def main():
    o = argparse.ArgumentParser()
    for name in ("data", "home", "jars"):
        o.add_argument(f"--{name}", type=pathlib.Path, required=True)
    o.add_argument("--concurrency", type=int, default=1)
    o.add_argument("--alone", type=int, default=0, help="the algorithms alone, too, so many times each")
    o = o.parse_args()
    server = Server(o.home, o.jars)
    try:
        run(server, o)
    finally:
        server.stop()


def run(server, o):
    about = {"tool": "gds", "graph": "anchor", "threads": o.concurrency}
    clock = time.perf_counter()
    used = server.load(o.data.resolve())
    steps = {"import": time.perf_counter() - clock}
    driver = server.start()
    steps["start"] = time.perf_counter() - clock - steps["import"]

    def query(text):
        before = time.perf_counter()
        records, _, _ = driver.execute_query(text, c=o.concurrency, database_="neo4j")
        return records[0].data(), time.perf_counter() - before

    answers = {}
    for name, text in (("project", PROJECT), ("components", WCC), ("leiden", LEIDEN)):
        answer, steps[name] = query(text)
        answers.update(answer)
    wall = time.perf_counter() - clock
    version = driver.execute_query("RETURN gds.version() AS v", database_="neo4j")[0][0]["v"]
    print(json.dumps({**about, "version": version, "algorithm": "whole way", "wall": [wall],
                      "cpu": [used.ru_utime + used.ru_stime + server.cpu()],
                      "peak_mb": max(server.peak_mb(), used.ru_maxrss / 1024), "steps": steps, "answers": answers}), flush=True)
    if not o.alone:
        return
    for name, text in {**ALONE, "project": "CALL gds.graph.drop('g') YIELD graphName RETURN graphName"}.items():
        walls, cpus = [], []
        for _ in range(o.alone):
            if name == "project":
                query(text)
                text_now = PROJECT
            else:
                text_now = text
            before = server.cpu()
            answer, took = query(text_now)
            walls.append(took)
            cpus.append(server.cpu() - before)
        print(json.dumps({**about, "version": version, "algorithm": name, "wall": walls, "cpu": cpus,
                          "peak_mb": server.peak_mb(), "answers": answer}), flush=True)


main()
