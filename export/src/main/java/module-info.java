/** Programs as files that other runtimes load. */
@SuppressWarnings({"requires-automatic", "module"}) // The command line is built later.
module detangle.export {
    requires transitive detangle.ir;
    requires com.google.protobuf;

    exports detangle.export;
    exports detangle.export.file to
            detangle.cli;
    exports detangle.export.onnx;
    exports detangle.export.torchscript;
}
