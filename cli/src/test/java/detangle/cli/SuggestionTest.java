package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SuggestionTest {
    private static final List<String> COMMANDS = List.of("classify", "compile", "run", "feature-extraction");

    @Test
    void aFewChangesLeadToWhatWasMeant() {
        assertEquals(Optional.of("classify"), Suggestion.nearest("clasify", COMMANDS));
        assertEquals(Optional.of("compile"), Suggestion.nearest("Comiple", COMMANDS));
        assertEquals(Optional.of("run"), Suggestion.nearest("rnu", COMMANDS));
    }

    @Test
    void aBeginningDoesAsWell() {
        assertEquals(Optional.of("feature-extraction"), Suggestion.nearest("feature", COMMANDS));
    }

    @Test
    void whatIsFarFromAllIsNotGuessed() {
        assertEquals(Optional.empty(), Suggestion.nearest("translate", COMMANDS));
        assertEquals("", Suggestion.of("x", COMMANDS));
    }
}
