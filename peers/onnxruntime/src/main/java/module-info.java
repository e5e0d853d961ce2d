/** ONNX Runtime, to compare with. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module detangle.peer.onnxruntime {
    requires transitive detangle.bench.worker;
    requires transitive com.microsoft.onnxruntime;

    exports detangle.peer.onnxruntime;

    provides detangle.bench.worker.SubjectProvider with
            detangle.peer.onnxruntime.OrtSubjectProvider;
}
