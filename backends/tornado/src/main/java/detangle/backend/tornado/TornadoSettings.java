package detangle.backend.tornado;

/** Settings that TornadoVM reads once, when it is first touched. */
final class TornadoSettings {
    private TornadoSettings() {}

    static void apply() {
        // A kernel that does not compile is an error, and is not to run as plain Java.
        System.setProperty("tornado.recover.bailout", "False");
        // TornadoVM's own let the driver forget NaN and infinities, which masks are made of.
        System.setProperty("tornado.opencl.compiler.flags", "-cl-mad-enable -w");
        // Nor are approximate instructions taken where PTX has them.
        System.setProperty("tornado.enable.fastMathOptimizations", "False");
        // A deep model is a long graph.
        System.setProperty("tornado.tvm.maxbytecodesize", Integer.toString(1 << 20));
        // Lists of as many events are wiped for each node of a graph at each run; a graph has no more nodes, see
        // GraphPart.
        System.setProperty("tornado.max.events", "1024");
        // How much there is, the device says: see DeviceMemory.
        System.setProperty("tornado.device.memory", "1024GB");
        System.setProperty("tornado.print.kernel.dir", KernelCompiler.TEXTS.toString());
        System.setProperty("tornado.load.annotation.implementation", NoAnnotations.define());
    }
}
