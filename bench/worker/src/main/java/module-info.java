/** What runs a model in a process of its own and times it: the same for Detangle and for those it is compared with. */
module detangle.bench.worker {
    requires transitive detangle.ir;

    exports detangle.bench.worker;

    uses detangle.bench.worker.SubjectProvider;
}
