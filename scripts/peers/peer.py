"""Runs one algorithm of one peer on one graph file and prints a line of JSON.

    peer.py TOOL ALGORITHM GRAPH --repeat 5 --threads 1 --labels OUT

GRAPH is little-endian uint32: the number of vertices, then the two ends of each
link. Reading it and building the peer's own graph is not measured. CPU is user
and system time of the whole process over the call, so helper threads count.
"""

import argparse
import json
import os
import resource
import sys
import time

import numpy


def read(path):
    raw = numpy.fromfile(path, dtype="<u4")
    return int(raw[0]), raw[1:].reshape(-1, 2)


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Igraph:
    def __init__(self, path, threads):
        import igraph

        n, links = read(path)
        self.version = igraph.__version__
        self.base = igraph.Graph(n=n, edges=links)

    def fresh(self):
        # igraph remembers what it found out about a graph, such as its components.
        self.graph = self.base.copy()

    def leiden(self):
        return self.graph.community_leiden(objective_function="modularity", n_iterations=2).membership

    def louvain(self):
        return self.graph.community_multilevel().membership

    def components(self):
        return self.graph.connected_components(mode="weak").membership

    def kcore(self):
        return self.graph.coreness()

    def pagerank(self):
        return self.graph.pagerank(damping=0.85)


class Leidenalg(Igraph):
    def __init__(self, path, threads):
        import leidenalg

        super().__init__(path, threads)
        self.library = leidenalg
        self.version = leidenalg.version

    def leiden(self):
        found = self.library.find_partition(self.graph, self.library.ModularityVertexPartition, n_iterations=2, seed=1)
        return found.membership


class Networkit:
    def __init__(self, path, threads):
        import networkit

        n, links = read(path)
        self.nk = networkit
        self.version = networkit.__version__
        networkit.setNumberOfThreads(threads)
        networkit.setSeed(1, False)
        ones = numpy.ones(len(links))
        ends = (links[:, 0].astype(numpy.uint64), links[:, 1].astype(numpy.uint64))
        self.graph = networkit.GraphFromCoo((ones, ends), n=n, weighted=False, directed=False)

    def fresh(self):
        pass

    def leiden(self):
        a = self.nk.community.ParallelLeiden(self.graph)
        a.run()
        return a.getPartition().getVector()

    def louvain(self):
        a = self.nk.community.PLM(self.graph, refine=False)
        a.run()
        return a.getPartition().getVector()

    def components(self):
        a = self.nk.components.ConnectedComponents(self.graph)
        a.run()
        return a.getPartition().getVector()

    def kcore(self):
        a = self.nk.centrality.CoreDecomposition(self.graph)
        a.run()
        return a.scores()

    def pagerank(self, tolerance=1e-6):
        a = self.nk.centrality.PageRank(self.graph, damp=0.85, tol=tolerance)
        a.norm = self.nk.centrality.Norm.L1_NORM
        a.run()
        return a.scores()

    def pagerank20(self):
        a = self.nk.centrality.PageRank(self.graph, damp=0.85, tol=0)
        a.norm = self.nk.centrality.Norm.L1_NORM
        a.maxIterations = 20
        a.run()
        return a.scores()


class Networkx:
    def __init__(self, path, threads):
        import networkx

        n, links = read(path)
        self.nx = networkx
        self.version = networkx.__version__
        self.graph = networkx.Graph()
        self.graph.add_nodes_from(range(n))
        self.graph.add_edges_from(links.tolist())

    def fresh(self):
        pass

    def components(self):
        labels = [0] * len(self.graph)
        for i, part in enumerate(self.nx.connected_components(self.graph)):
            for v in part:
                labels[v] = i
        return labels

    def kcore(self):
        return list(self.nx.core_number(self.graph).values())

    def louvain(self):
        labels = [0] * len(self.graph)
        for i, part in enumerate(self.nx.community.louvain_communities(self.graph, seed=1)):
            for v in part:
                labels[v] = i
        return labels


TOOLS = {"igraph": Igraph, "leidenalg": Leidenalg, "networkit": Networkit, "networkx": Networkx}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("tool", choices=TOOLS)
    options.add_argument("algorithm")
    options.add_argument("graph")
    options.add_argument("--repeat", type=int, default=5)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--labels", help="write the labels of the last run here, as uint32")
    o = options.parse_args()
    os.environ["OMP_WAIT_POLICY"] = "passive"

    tool = TOOLS[o.tool](o.graph, o.threads)
    cpus, walls, found = [], [], None
    for _ in range(o.repeat):
        tool.fresh()
        used, clock = cpu(), time.perf_counter()
        found = getattr(tool, o.algorithm)()
        cpus.append(cpu() - used)
        walls.append(time.perf_counter() - clock)
    if o.labels:
        numpy.unique(numpy.asarray(found), return_inverse=True)[1].astype("<u4").tofile(o.labels)
    json.dump({
        "tool": o.tool,
        "version": tool.version,
        "algorithm": o.algorithm,
        "graph": os.path.splitext(os.path.basename(o.graph))[0],
        "threads": o.threads,
        "cpu": cpus,
        "wall": walls,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }, sys.stdout)
    print()


main()
