package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.backend.tornado.cublaslt.CublasLt;
import detangle.backend.tornado.cublaslt.ProductPrecision;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Who computes the products of matrices on a device: {@link ProductKernel}, or cuBLASLt where the device is one of CUDA's. */
final class Products {
    /** The property that says it: {@code java}, or how the library is to multiply, {@code fp32} where nothing is said. */
    static final String PROPERTY = "detangle.tornado.products";

    private static final String KERNELS = "java";

    private Products() {}

    /**
     * How the library multiplies; empty where the kernels do.
     *
     * @param device the name of one that is not virtual
     * @throws BackendException if the property asks for what is not there
     */
    static Optional<ProductPrecision> of(String device) {
        String asked = System.getProperty(PROPERTY, "");
        if (asked.equals(KERNELS)
                || asked.isEmpty() && (!isCuda(device) || CublasLt.find().isEmpty())) {
            return Optional.empty();
        }
        ProductPrecision precision = Arrays.stream(ProductPrecision.values())
                .filter(p -> asked.isEmpty() ? p == ProductPrecision.FP32 : text(p).equals(asked))
                .findFirst()
                .orElseThrow(() -> new BackendException(PROPERTY + "=" + asked + " is none of " + KERNELS + ", "
                        + Arrays.stream(ProductPrecision.values())
                                .map(Products::text)
                                .collect(Collectors.joining(", "))));
        if (!isCuda(device)) {
            throw new BackendException(
                    PROPERTY + "=" + asked + " needs a device of TornadoVM's CUDA backend, and " + device + " is none");
        }
        if (CublasLt.find().isEmpty()) {
            throw new BackendException(PROPERTY + "=" + asked + " needs cuBLASLt: " + CublasLt.missing());
        }
        return Optional.of(precision);
    }

    /** What there is to say of a device that has a library, or could have one; it begins with a comma. */
    static String description(String device) {
        if (!isCuda(device)) {
            return "";
        }
        return CublasLt.find()
                .map(library -> of(device)
                        .map(p -> ", products by cuBLASLt " + library.version() + " in " + text(p))
                        .orElse(", products by kernels, as " + PROPERTY + " says"))
                .orElse(", products by kernels, as " + CublasLt.missing());
    }

    private static boolean isCuda(String device) {
        return device.startsWith("cuda:");
    }

    private static String text(ProductPrecision precision) {
        return precision.name().toLowerCase(Locale.ROOT);
    }
}
