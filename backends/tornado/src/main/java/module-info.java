/** Kernels that TornadoVM compiles for OpenCL, PTX or CUDA devices. Without TornadoVM the backend says so. */
@SuppressWarnings("module") // The module that the export names is built after this one.
module detangle.backend.tornado {
    requires detangle.backend;
    requires tools.jackson.databind;
    requires static tornado.api;

    // The module with the provider that TornadoVM's runtime calls; it is resolved only where TornadoVM is there.
    exports detangle.backend.tornado.cublaslt to
            detangle.backend.tornado.library;

    provides detangle.backend.Backend with
            detangle.backend.tornado.TornadoBackend;
}
