/** ONNX Runtime, to compare with. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic", "module"})
module detangle.peer.onnxruntime {
    requires transitive detangle.bench.worker;
    requires transitive com.microsoft.onnxruntime;

    // The tests of exports run here what exports have written.
    exports detangle.peer.onnxruntime to
            detangle.export;

    provides detangle.bench.worker.SubjectProvider with
            detangle.peer.onnxruntime.OrtSubjectProvider;
}
