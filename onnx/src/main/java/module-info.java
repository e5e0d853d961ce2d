/** Programs as ONNX models. */
@SuppressWarnings("requires-automatic")
module detangle.onnx {
    requires transitive detangle.ir;
    requires com.google.protobuf;

    exports detangle.onnx;
}
