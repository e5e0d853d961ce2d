package detangle.export.torchscript;

import detangle.export.ExportException;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Shape;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Sizes as integers of a TorchScript method: symbols are read from the sizes of inputs, polynomials computed from them.
 */
final class TorchDims {
    private final TorchModule module;
    private final Map<String, String> symbols = new HashMap<>();

    TorchDims(TorchModule module) {
        this.module = module;
    }

    /** Learns the symbols that the shape of an input binds. */
    void learn(Node input, String name) {
        for (int axis = 0; axis < input.type().rank(); axis++) {
            Dim dim = input.type().dim(axis);
            if (!dim.isStatic() && !symbols.containsKey(dim.toString())) {
                symbols.put(dim.toString(), module.call("size", name, axis));
            }
        }
    }

    /** Returns an expression of type {@code int}. */
    String of(Dim dim) {
        if (dim.isStatic()) {
            return Long.toString(dim.size());
        }
        String known = symbols.get(dim.toString());
        if (known != null) {
            return known;
        }
        String sum = dim.terms().stream().map(this::product).collect(Collectors.joining(" + "));
        return module.let(sum);
    }

    private String product(Dim.Term term) {
        StringBuilder product = new StringBuilder(Long.toString(term.coefficient()));
        for (String symbol : term.symbols()) {
            String size = symbols.get(symbol);
            if (size == null) {
                throw new ExportException("no input says the size " + symbol);
            }
            product.append(" * ").append(size);
        }
        return product.toString();
    }

    /** Returns an expression of type {@code List[int]}. */
    String of(Shape shape) {
        return shape.dims().stream().map(this::of).collect(Collectors.joining(", ", "[", "]"));
    }
}
