package detangle.backend.tornado;

/**
 * A kernel as TornadoVM takes it.
 *
 * @param name the kernel's method, which is its name on the device too
 * @param callable an object of one of TornadoVM's interfaces, whose method {@code apply} calls the kernel
 * @param classFile the class that has the kernel
 */
record KernelTask(String name, Object callable, byte[] classFile) implements Call {}
