package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.interpreter.Philox;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A device draws the numbers that the interpreter draws. */
class DevicePhiloxTest {
    @Test
    void numbersAreThoseOfTheInterpreter() {
        Random random = new Random(1);
        for (int i = 0; i < 1000; i++) {
            long seed = random.nextLong();
            long stream = random.nextLong();
            long index = random.nextLong() >>> (1 + random.nextInt(40));
            assertEquals(
                    (float) Philox.uniform(seed, stream, index),
                    DevicePhilox.uniform(seed, DevicePhilox.stream((int) stream, (int) (stream >>> 32)), index));
        }
    }
}
