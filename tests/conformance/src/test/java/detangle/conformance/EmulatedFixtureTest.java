package detangle.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import detangle.runtime.Backends;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fixtures on emulated devices, which run the kernels for GPUs in Java; they need neither TornadoVM's drivers nor
 * OpenCL. A library computes products of all of them, and kernels those of a few, or of all with
 * {@code -Ddetangle.devices.all=true}.
 */
class EmulatedFixtureTest {
    @BeforeAll
    static void find() {
        boolean found = Backends.all().stream().anyMatch(b -> b.name().equals("emulator"));
        if (!found) {
            System.out.println("No device is emulated: this build is without the profile tornado");
        }
        assumeTrue(found);
    }

    static Stream<Fixture> all() {
        return Fixture.all();
    }

    static Stream<Fixture> fixtures() {
        return DeviceTest.fixtures();
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void kernelsMatch(Fixture fixture) {
        DeviceTest.check(fixture, "emulator:kernels", Set.of());
    }

    static Stream<DeviceTest.Narrow> narrow() {
        return DeviceTest.narrow();
    }

    @ParameterizedTest
    @MethodSource("narrow")
    void matchesInSixteenBits(DeviceTest.Narrow narrow) {
        DeviceTest.check(narrow, "emulator:library");
    }

    @ParameterizedTest
    @MethodSource("all")
    void productsByTheLibraryMatch(Fixture fixture) {
        DeviceTest.check(fixture, "emulator:library", Set.of());
    }
}
