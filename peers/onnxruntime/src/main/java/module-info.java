/** ONNX Runtime, to compare with. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module detangle.peer.onnxruntime {
    requires transitive detangle.peer;
    requires transitive com.microsoft.onnxruntime;

    exports detangle.peer.onnxruntime;

    provides detangle.peer.SubjectProvider with
            detangle.peer.onnxruntime.OrtSubjectProvider;
}
