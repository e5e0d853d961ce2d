/** PyTorch's library through DJL, to compare with. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module detangle.peer.djl {
    requires transitive detangle.bench.worker;
    requires transitive ai.djl.api;
    requires ai.djl.pytorch_engine;

    exports detangle.peer.djl;

    provides detangle.bench.worker.SubjectProvider with
            detangle.peer.djl.DjlSubjectProvider;
}
