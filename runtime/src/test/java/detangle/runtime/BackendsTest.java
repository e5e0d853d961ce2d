package detangle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.backend.BackendException;
import detangle.backend.ComputePrecision;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BackendsTest {
    private static final Optional<String> REFERENCE = Optional.of("reference");

    @Test
    void aDeviceComputesInFp32() {
        assertEquals(
                "reference",
                Backends.device(REFERENCE, Set.of(), ComputePrecision.FP32).name());
    }

    @Test
    void aDeviceRefusesAPrecisionThatItLacks() {
        BackendException e =
                assertThrows(BackendException.class, () -> Backends.device(REFERENCE, Set.of(), ComputePrecision.BF16));
        assertEquals(
                "reference computes in fp32 and not in bf16: choose one of its precisions, or a device that has bf16;"
                        + " 'detangle devices' lists them",
                e.getMessage());
    }
}
