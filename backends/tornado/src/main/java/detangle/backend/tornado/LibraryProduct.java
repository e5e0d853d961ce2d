package detangle.backend.tornado;

import detangle.backend.tornado.cublaslt.CublasLtSession;
import detangle.backend.tornado.cublaslt.ProductOptions;
import java.util.Set;

/**
 * A product that the matrix library computes, with operands as {@link Product} has them. Its arguments are both
 * operands, the bias or an array in its place, and the result.
 */
record LibraryProduct(ProductOptions options) implements LibraryCall {
    @Override
    public String function() {
        return CublasLtSession.PRODUCT;
    }

    @Override
    public Set<Integer> results(int arguments) {
        return Set.of(arguments - 1);
    }
}
