package detangle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.TensorOp;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What devices have no kernels for is told of all operations. */
class KernelCoverageTest {
    /** These say where values come from and where they go: no device has kernels for them. */
    private static final Set<Class<?>> NOT_COMPUTED =
            Set.of(TensorOp.Input.class, TensorOp.Param.class, TensorOp.Transfer.class);

    /** A new operation belongs into operations.dtir, so that devices are asked for it. */
    @Test
    void eachOperationIsAskedFor() {
        Set<Class<?>> all = Stream.of(TensorOp.class, KernelOp.class)
                .flatMap(level -> Arrays.stream(level.getPermittedSubclasses()))
                .filter(operation -> !NOT_COMPUTED.contains(operation))
                .collect(Collectors.toSet());
        Set<Class<?>> asked = KernelCoverage.allOperations().nodes().stream()
                .map(Node::op)
                .map(Object::getClass)
                .filter(operation -> !NOT_COMPUTED.contains(operation))
                .collect(Collectors.toSet());
        assertEquals(names(all), names(asked));
    }

    private static Set<String> names(Set<Class<?>> classes) {
        return classes.stream().map(Class::getSimpleName).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void theReferenceInterpretsAll() {
        KernelCoverage coverage = KernelCoverage.of(Backends.device(Optional.of("reference"), Set.of()));
        assertEquals(coverage.operations(), coverage.lacking());
        assertEquals("all operations", coverage.text());
    }
}
