package detangle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class SessionBuilderTest {
    @Test
    void saysWhichPartIsMissing() {
        assertEquals(
                "a session needs a folder, or a configuration and weights",
                assertThrows(IllegalStateException.class, Session.builder()::load)
                        .getMessage());
    }
}
