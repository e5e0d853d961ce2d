package detangle.backend.vector;

import detangle.backend.vector.Operands.Form;
import detangle.backend.vector.kernel.Elements;
import detangle.backend.vector.kernel.Gemm;
import detangle.backend.vector.kernel.Panels;
import detangle.backend.vector.kernel.TileMatrix;
import detangle.ir.Activation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Linear layers over one input, as the projections of attention are: its rows are packed once. */
final class LinearStep implements Step {
    private final FrameValue x;
    private final int slot;
    private final List<Product> products;

    /**
     * A layer.
     *
     * @param residual what is added to the result, by a layer on tiles
     * @param stored whether weight and bias are the same at each run and there is no residual, so that no step before
     *     this one computes them
     */
    record Product(
            Form<Panels> weight,
            Form<float[]> bias,
            Activation activation,
            Optional<FrameValue> residual,
            FrameValue out,
            boolean stored) {}

    /** @param slot the slot of x in memory, -1 for a value that has memory of its own */
    LinearStep(FrameValue x, int slot, List<Product> products) {
        this.x = x;
        this.slot = slot;
        this.products = List.copyOf(products);
    }

    /** This one and the next as one, if they read the same and neither waits for what the other computes. */
    Optional<LinearStep> with(LinearStep next) {
        boolean inOnePlace = slot >= 0 ? slot == next.slot : x == next.x;
        boolean same = inOnePlace
                && x.elements() == next.x.elements()
                && x.dims()[x.rank() - 1] == next.x.dims()[next.x.rank() - 1];
        if (!same
                || !products.stream().allMatch(Product::stored)
                || !next.products.stream().allMatch(Product::stored)) {
            return Optional.empty();
        }
        List<Product> all = new ArrayList<>(products);
        all.addAll(next.products);
        return Optional.of(new LinearStep(x, slot, all));
    }

    @Override
    public void run(Frame f) {
        Gemm gemm = f.gemm();
        int k = f.dim(x, -1);
        gemm.left(f.floats(x), f.offset(x), k, f.rows(x), k);
        for (int i = 0; i < products.size(); i++) {
            Product product = products.get(i);
            Panels weight = product.weight().of(f).next();
            float[] bias = product.bias().of(f);
            FrameValue out = product.out();
            if (product.residual().isPresent()) {
                FrameValue residual = product.residual().get();
                gemm.product(
                        (TileMatrix) weight,
                        bias,
                        product.activation(),
                        new Elements(f.floats(residual), f.offset(residual)),
                        f.floats(out),
                        f.offset(out),
                        f.dim(out, -1));
            } else {
                gemm.product(weight, bias, product.activation(), f.floats(out), f.offset(out), f.dim(out, -1));
            }
        }
        gemm.run();
    }
}
