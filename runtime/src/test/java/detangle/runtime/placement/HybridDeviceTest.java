package detangle.runtime.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.backend.Executable;
import detangle.backend.MeasurementFile;
import detangle.backend.Plan;
import detangle.compiler.Compiler;
import detangle.ir.Tensor;
import detangle.ir.text.Parser;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HybridDeviceTest {
    private static final String PROGRAM = """
            func @f(%x: f32[B]) -> (y: f32[B]) {
              %0 = elementwise %x {exp(a0)} : f32[B]
              %1 = elementwise %0 {neg(a0)} : f32[B]
              %2 = elementwise %1, %0 {add(a0, a1)} : f32[B]
              return y = %2
            }
            """;

    @TempDir
    Path folder;

    private final FakeDevice device = new FakeDevice();
    private final FakeDevice host = new FakeDevice();
    private String cache;

    @BeforeEach
    void keepMeasurementsApart() {
        cache = System.getProperty(MeasurementFile.FOLDER);
        System.setProperty(MeasurementFile.FOLDER, folder.toString());
    }

    @AfterEach
    void restore() {
        if (cache == null) {
            System.clearProperty(MeasurementFile.FOLDER);
        } else {
            System.setProperty(MeasurementFile.FOLDER, cache);
        }
    }

    private void run() {
        Plan plan = Compiler.compile(Parser.parse("test.dtir", PROGRAM), List.of());
        try (Executable executable = new HybridDevice(device, host).load(plan)) {
            assertEquals(
                    0,
                    executable
                            .run(Map.of("x", Tensor.of(new float[2], 2)))
                            .get("y")
                            .getDouble(0));
        }
        assertEquals(0, device.open);
        assertEquals(0, host.open);
    }

    @Test
    void takesTheFasterSideAndRemembersIt() {
        host.millisPerOperation = 10;
        run();
        host.loaded = 0;
        device.loaded = 0;
        run();
        assertEquals(0, host.loaded);
        assertEquals(1, device.loaded);
    }

    @Test
    void aSlowDeviceIsLeftAlone() {
        device.millisPerOperation = 10;
        run();
        device.loaded = 0;
        run();
        assertEquals(0, device.loaded);
    }

    @Test
    void aDeviceThatFailsIsLeftAlone() {
        host.millisPerOperation = 10;
        device.fails = true;
        run();
        device.fails = false;
        device.failsToLoad = true;
        run();
    }

    @Test
    void whatTheDeviceHasNoKernelForIsTheHosts() {
        device.runs = node -> node.inputs().size() < 2;
        host.millisPerOperation = 10;
        run();
        host.loaded = 0;
        device.loaded = 0;
        run();
        assertEquals(1, host.loaded);
        assertEquals(1, device.loaded);
    }
}
