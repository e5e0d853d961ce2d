/** ONNX Runtime, to compare with. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module detangle.peer.onnxruntime {
    requires transitive detangle.ir;
    requires transitive com.microsoft.onnxruntime;

    exports detangle.peer.onnxruntime;
}
