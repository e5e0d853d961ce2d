/** SIMD kernels on the CPU through the Vector API. */
module detangle.backend.vector {
    requires detangle.backend;
    requires jdk.incubator.vector;
    requires jdk.management;

    provides detangle.backend.Backend with
            detangle.backend.vector.VectorBackend;
}
