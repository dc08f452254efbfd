-- Pages of a category's campaigns are in order of their names.

DROP INDEX campaigns_by_category;
CREATE INDEX campaigns_by_category ON campaigns (tenant, category, name, id);
