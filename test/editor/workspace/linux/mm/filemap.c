/* Written for the tests: reads a mapping with and without the lock. */
static bool looks_at_mapping(struct folio *folio)
{
	struct address_space *mapping;

	mapping = folio_mapping(folio);
	if (mapping && mapping_unmovable(mapping))
		return false;
	return folio->mapping != NULL;
}
