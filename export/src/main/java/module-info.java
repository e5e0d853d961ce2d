/** Programs as files that other runtimes load. */
@SuppressWarnings("requires-automatic")
module detangle.export {
    requires transitive detangle.ir;
    requires com.google.protobuf;

    exports detangle.export;
    exports detangle.export.onnx;
    exports detangle.export.torchscript;
}
