package detangle.ir;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** docs/IR.md names every constraint, as the verifier does. */
class IrDocumentTest {
    @Test
    void namesEveryConstraint() throws IOException {
        String text = Files.readString(Path.of(System.getProperty("detangle.home"), "docs", "IR.md"));
        for (Constraint constraint : Constraint.values()) {
            assertTrue(text.contains("`" + constraint.label() + "`"), "IR.md does not name " + constraint.label());
            assertTrue(
                    text.contains(constraint.meaning())
                            || constraint == Constraint.ARITY
                            || constraint == Constraint.NODE_TYPE,
                    "IR.md does not say: " + constraint.meaning());
        }
    }
}
