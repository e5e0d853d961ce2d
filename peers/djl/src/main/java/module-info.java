/** PyTorch's library through DJL, to compare with. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module detangle.peer.djl {
    requires transitive detangle.peer;
    requires transitive ai.djl.api;
    requires ai.djl.pytorch_engine;

    exports detangle.peer.djl;

    provides detangle.peer.SubjectProvider with
            detangle.peer.djl.DjlSubjectProvider;
}
