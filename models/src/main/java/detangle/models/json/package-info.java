/** The one way this module reads JSON; not exported. */
package detangle.models.json;
