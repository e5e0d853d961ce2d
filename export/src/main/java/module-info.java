/** Models and programs as files that other runtimes load. */
@SuppressWarnings({"requires-automatic", "module"}) // The command line is built later.
module detangle.export {
    requires transitive detangle.models;
    requires com.google.protobuf;
    requires detangle.compiler;
    requires detangle.pipelines;
    requires detangle.runtime;

    exports detangle.export;
    exports detangle.export.gliner;
    exports detangle.export.onnx;
    exports detangle.export.torchscript;
}
