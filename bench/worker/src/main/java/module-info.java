/** Runs a model in a process of its own and times it, in the same way for Detangle and for others. */
@SuppressWarnings("module") // Those who implement subjects are built later.
module detangle.bench.worker {
    requires transitive detangle.ir;

    exports detangle.bench.worker to
            detangle.bench,
            detangle.peer.djl,
            detangle.peer.onnxruntime;

    uses detangle.bench.worker.SubjectProvider;
}
