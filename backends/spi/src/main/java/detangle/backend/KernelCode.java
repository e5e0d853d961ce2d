package detangle.backend;

import java.util.Optional;

/**
 * The code of a kernel that runs an operation, or a part of one.
 *
 * @param operation as the IR writes it, such as {@code packed_attention}
 * @param name of the kernel
 * @param classFile the Java class that has it, which may be hidden and have no name of its own; empty for a kernel in a
 *     language of the device
 * @param source what was made of it for the device, or what it is written in, where that is text
 */
public record KernelCode(String operation, String name, Optional<byte[]> classFile, Optional<Source> source) {
    /**
     * A text in a language of devices.
     *
     * @param suffix what files in the language end with: {@code cl} (OpenCL C), {@code cu} (CUDA C), {@code ptx}
     */
    public record Source(String suffix, String text) {}
}
