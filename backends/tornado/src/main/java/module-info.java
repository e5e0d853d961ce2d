/** Kernels that TornadoVM compiles for OpenCL, PTX or CUDA devices. Without TornadoVM the backend says so. */
module detangle.backend.tornado {
    requires detangle.backend;
    requires tools.jackson.databind;
    requires static tornado.api;

    provides detangle.backend.Backend with
            detangle.backend.tornado.TornadoBackend;
}
