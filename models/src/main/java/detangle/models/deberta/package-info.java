/** The DeBERTa family: configurations. */
package detangle.models.deberta;
