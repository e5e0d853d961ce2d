/** PyTorch's library through DJL, to compare with. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic", "module"})
module detangle.peer.djl {
    requires transitive detangle.bench.worker;
    requires transitive ai.djl.api;
    requires ai.djl.pytorch_engine;

    // The tests of exports run here what exports have written.
    exports detangle.peer.djl to
            detangle.export;

    provides detangle.bench.worker.SubjectProvider with
            detangle.peer.djl.DjlSubjectProvider;
}
