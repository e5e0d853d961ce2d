package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** JVMs on which vectors are objects say so by their options. */
class VectorCompilationTest {
    private static final String SERVER = "OpenJDK 64-Bit Server VM";
    private static final String MIXED = "mixed mode, sharing";

    /** What HotSpot tells of its options by default. */
    private static final Map<String, String> DEFAULTS = Map.of(
            "UseCompiler", "true", "TieredCompilation", "true", "TieredStopAtLevel", "4", "CompilationMode", "default");

    private static Optional<String> fault(String mode, Map<String, String> others) {
        Map<String, String> options = new HashMap<>(DEFAULTS);
        options.putAll(others);
        return VectorCompilation.fault(SERVER, mode, option -> Optional.ofNullable(options.get(option)));
    }

    private static void assertFault(String part, Optional<String> fault) {
        assertTrue(fault.orElse("no fault").contains(part), fault.toString());
    }

    @Test
    void c2IsNoFault() {
        assertEquals(Optional.empty(), fault(MIXED, Map.of()));
        assertEquals(Optional.empty(), fault(MIXED, Map.of("TieredCompilation", "false")));
        assertEquals(
                Optional.empty(), fault(MIXED, Map.of("EnableVectorSupport", "true", "UseJVMCICompiler", "false")));
    }

    @Test
    void whatIsAmissIsNamed() {
        assertFault("-Xint", fault("interpreted mode, sharing", Map.of("UseCompiler", "false")));
        assertFault("-XX:-UseCompiler", fault(MIXED, Map.of("UseCompiler", "false")));
        assertFault("-XX:TieredStopAtLevel=3", fault(MIXED, Map.of("TieredStopAtLevel", "3")));
        assertFault("-XX:CompilationMode=quick-only", fault(MIXED, Map.of("CompilationMode", "quick-only")));
        assertFault("a JDK that has a Server VM", fault("mixed mode, emulated-client", Map.of()));
        assertFault("-XX:-UseJVMCICompiler", fault(MIXED, Map.of("UseJVMCICompiler", "true")));
        assertFault("-XX:-EnableVectorSupport", fault(MIXED, Map.of("EnableVectorSupport", "false")));
    }

    @Test
    void anotherJvmIsNamed() {
        assertFault(
                "Eclipse OpenJ9 VM is not HotSpot",
                VectorCompilation.fault("Eclipse OpenJ9 VM", "JRE 25 Linux amd64-64-Bit", option -> Optional.empty()));
    }

    /** The JVM that runs this test has C2. */
    @Test
    void thisJvmIsNotAmiss() {
        assertEquals(Optional.empty(), VectorCompilation.ofThisJvm());
    }
}
