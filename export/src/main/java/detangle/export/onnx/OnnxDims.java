package detangle.export.onnx;

import detangle.export.ExportException;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Shape;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Sizes as values of an ONNX graph: symbols are read from the shapes of inputs, polynomials computed from them. */
final class OnnxDims {
    private final OnnxGraph graph;
    private final Map<String, String> symbols = new HashMap<>();

    OnnxDims(OnnxGraph graph) {
        this.graph = graph;
    }

    /** Learns the symbols that the shape of an input's value binds. */
    void learn(String value, TensorType type) {
        for (int axis = 0; axis < type.rank(); axis++) {
            Dim dim = type.dim(axis);
            if (!dim.isStatic() && !symbols.containsKey(dim.toString())) {
                Attribute start = Attribute.of("start", axis);
                Attribute end = Attribute.of("end", axis + 1L);
                symbols.put(dim.toString(), graph.add("Shape", value, start, end));
            }
        }
    }

    /** {@code int64[1]}. */
    String vector(Dim dim) {
        if (dim.isStatic()) {
            return graph.longs(List.of(dim.size()));
        }
        String known = symbols.get(dim.toString());
        if (known != null) {
            return known;
        }
        String sum = "";
        for (Dim.Term term : dim.terms()) {
            String product = "";
            for (String symbol : term.symbols()) {
                String size = symbols.get(symbol);
                if (size == null) {
                    throw new ExportException("no input says the size " + symbol);
                }
                product = product.isEmpty() ? size : graph.add("Mul", List.of(product, size));
            }
            if (product.isEmpty()) {
                product = graph.longs(List.of(term.coefficient()));
            } else if (term.coefficient() != 1) {
                product = graph.add("Mul", List.of(product, graph.longs(List.of(term.coefficient()))));
            }
            sum = sum.isEmpty() ? product : graph.add("Add", List.of(sum, product));
        }
        return sum;
    }

    /** {@code int64[]}. */
    String scalar(Dim dim) {
        return dim.isStatic()
                ? graph.scalar(DType.I64, dim.size())
                : graph.add("Squeeze", List.of(vector(dim), graph.longs(List.of(0L))));
    }

    /** {@code int64[rank]}. */
    String shape(Shape shape) {
        if (shape.isStatic()) {
            return graph.longs(shape.dims().stream().map(Dim::size).toList());
        }
        List<String> parts = new ArrayList<>();
        List<Long> fixed = new ArrayList<>();
        for (Dim dim : shape.dims()) {
            if (dim.isStatic()) {
                fixed.add(dim.size());
                continue;
            }
            if (!fixed.isEmpty()) {
                parts.add(graph.longs(fixed));
                fixed = new ArrayList<>();
            }
            parts.add(vector(dim));
        }
        if (!fixed.isEmpty()) {
            parts.add(graph.longs(fixed));
        }
        return parts.size() == 1 ? parts.getFirst() : graph.add("Concat", parts, Attribute.of("axis", 0));
    }
}
