package detangle.backend.tornado;

import detangle.backend.tornado.cublaslt.CublasLtSession;
import detangle.backend.tornado.cublaslt.ProductOptions;
import uk.ac.manchester.tornado.api.common.Access;

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
    public ProductOptions tuning() {
        return options;
    }

    @Override
    public int sizes() {
        return CublasLtSession.SIZES;
    }

    @Override
    public Access access(int place, int arguments) {
        return place == arguments - 1 ? Access.WRITE_ONLY : Access.READ_ONLY;
    }
}
