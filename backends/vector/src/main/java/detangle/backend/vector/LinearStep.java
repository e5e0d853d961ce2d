package detangle.backend.vector;

import detangle.backend.vector.kernel.Gemm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Linear layers with stored weights over one input, as the projections of attention are: its rows are packed once. */
final class LinearStep implements Step {
    private final View x;
    private final List<Gemm.Target> targets;
    private final Gemm gemm;

    LinearStep(View x, List<Gemm.Target> targets) {
        this.x = x;
        this.targets = List.copyOf(targets);
        this.gemm = new Gemm(x.floats(), x.offset(), x.dim(-1), x.rows(), x.dim(-1));
    }

    /** This one and the next as one, if they read the same. */
    Optional<LinearStep> with(LinearStep next) {
        if (x.array() != next.x.array() || x.offset() != next.x.offset() || x.elements() != next.x.elements()) {
            return Optional.empty();
        }
        List<Gemm.Target> all = new ArrayList<>(targets);
        all.addAll(next.targets);
        return Optional.of(new LinearStep(x, all));
    }

    @Override
    public void run() {
        gemm.run(targets);
    }
}
